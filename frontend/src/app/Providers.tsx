import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { Router } from "wouter";

import { ApiError, baseUrl } from "@/api/client";
import { onLanguageChange } from "@/i18n";

import { theme } from "./theme";

function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // A refusal will not change by asking again; only silence is worth another try.
        retry: (failures, error) => failures < 3 && error instanceof ApiError && error.code === "offline",
      },
    },
  });
}

/** What the server says is in the language of the page. An open project stays: its session holds the truth. */
function askAnew(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "project" });
}

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(makeQueryClient);
  useEffect(() => onLanguageChange(() => void askAnew(client)), [client]);
  const [base] = useState(() => baseUrl().pathname.replace(/\/$/, ""));
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <Notifications position="bottom-right" limit={4} />
        <Router base={base}>{children}</Router>
      </QueryClientProvider>
    </MantineProvider>
  );
}
