import { lazy, Suspense } from "react";

import { isShared } from "@/api/access";

import { ErrorBoundary } from "./ErrorBoundary";
import { InsideViews } from "./InsideViews";
import { Providers } from "./Providers";
import { Routes } from "./Routes";
import { Shell } from "./Shell";

const SharedPage = lazy(() => import("./shared/SharedPage"));

export function App() {
  return (
    <Providers>
      {isShared() ? (
        <InsideViews>
          <Suspense fallback={null}>
            <SharedPage />
          </Suspense>
        </InsideViews>
      ) : (
        <Shell>
          <ErrorBoundary>
            <InsideViews>
              <Routes />
            </InsideViews>
          </ErrorBoundary>
        </Shell>
      )}
    </Providers>
  );
}
