import { DoctorPage } from '../doctor/doctor-page.tsx';
import { LogsPage } from '../logs/logs-page.tsx';
import { OverviewPage } from '../overview/overview-page.tsx';
import { ProfilesPage } from '../profiles/profiles-page.tsx';
import { useRoute } from '../route.ts';
import { AboutPage } from '../settings/about-page.tsx';
import { SettingsPage } from '../settings/settings-page.tsx';
import { TracesPage } from '../traces/traces-page.tsx';
import { ManagedTunnelsPage } from '../tunnels/tunnels-page.tsx';
import { WizardPage } from '../wizard/wizard-page.tsx';

export function PageOf() {
  const { page } = useRoute();
  switch (page) {
    case 'overview':
      return <OverviewPage />;
    case 'traces':
      return <TracesPage />;
    case 'profiles':
      return <ProfilesPage />;
    case 'doctor':
      return <DoctorPage />;
    case 'logs':
      return <LogsPage />;
    case 'settings':
      return <SettingsPage />;
    case 'about':
      return <AboutPage />;
    case 'tunnels':
      return <ManagedTunnelsPage />;
    case 'wizard':
      return <WizardPage />;
  }
}
