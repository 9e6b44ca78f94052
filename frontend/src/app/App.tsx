import { ErrorBoundary } from "./ErrorBoundary";
import { Providers } from "./Providers";
import { Routes } from "./Routes";
import { Shell } from "./Shell";

export function App() {
  return (
    <Providers>
      <Shell>
        <ErrorBoundary>
          <Routes />
        </ErrorBoundary>
      </Shell>
    </Providers>
  );
}
