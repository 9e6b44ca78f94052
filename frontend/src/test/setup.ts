import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// Tests speak English whatever the machine they run on does.
import "@/i18n";

// The test DOM has no layout and no media queries; Mantine, uPlot and React Flow ask for both at import.
vi.stubGlobal("matchMedia", (query: string) => ({
  matches: false,
  media: query,
  onchange: null,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  addListener: () => undefined,
  removeListener: () => undefined,
  dispatchEvent: () => false,
}));

class QuietResizeObserver implements ResizeObserver {
  observe(): void {
    return;
  }
  unobserve(): void {
    return;
  }
  disconnect(): void {
    return;
  }
}
vi.stubGlobal("ResizeObserver", QuietResizeObserver);
Element.prototype.scrollIntoView = () => undefined;

afterEach(() => {
  cleanup();
});
