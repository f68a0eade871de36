import { OverviewPage } from '../overview/overview-page.tsx';
import { useRoute } from '../route.ts';
import { WizardPage } from '../wizard/wizard-page.tsx';

export function PageOf() {
  const { page } = useRoute();
  switch (page) {
    case 'wizard':
      return <WizardPage />;
    default:
      return <OverviewPage />;
  }
}
