import { OverviewPage } from '../overview/overview-page.tsx';
import { useRoute } from '../route.ts';
import { TracesPage } from '../traces/traces-page.tsx';
import { WizardPage } from '../wizard/wizard-page.tsx';

export function PageOf() {
  const { page } = useRoute();
  switch (page) {
    case 'wizard':
      return <WizardPage />;
    case 'traces':
      return <TracesPage />;
    default:
      return <OverviewPage />;
  }
}
