import { OverviewPage } from '../overview/overview-page.tsx';
import { useRoute } from '../route.ts';

export function PageOf() {
  const { page } = useRoute();
  switch (page) {
    default:
      return <OverviewPage />;
  }
}
