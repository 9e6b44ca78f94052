import { ErrorBoundary } from "./ErrorBoundary";
import { InsideViews } from "./InsideViews";
import { Providers } from "./Providers";
import { Routes } from "./Routes";
import { Shell } from "./Shell";

export function App() {
  return (
    <Providers>
      <Shell>
        <ErrorBoundary>
          <InsideViews>
            <Routes />
          </InsideViews>
        </ErrorBoundary>
      </Shell>
    </Providers>
  );
}
