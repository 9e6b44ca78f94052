import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** The house colour: a deep sea green that reads on white and on slate alike. */
const sea: MantineColorsTuple = [
  "#e6f8f6",
  "#d0efec",
  "#a3e0da",
  "#70cfc7",
  "#45bfb5",
  "#26aba1",
  "#12938b",
  "#0b7a75",
  "#08625e",
  "#044845",
];

/** Neutral slate for dark surfaces; cooler and calmer than pure grey. */
const dark: MantineColorsTuple = [
  "#d5dbe1",
  "#b4bdc7",
  "#8f9ba8",
  "#64717f",
  "#434e5a",
  "#323b45",
  "#262d35",
  "#1b2127",
  "#14191e",
  "#0e1216",
];

export const theme = createTheme({
  colors: { sea, dark },
  primaryColor: "sea",
  // White words on it reach a contrast of 5 in both schemes.
  primaryShade: 7,
  autoContrast: true,
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily: '"Inter Variable", system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans SC", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  headings: { fontWeight: "620", sizes: { h1: { fontSize: "1.375rem" }, h2: { fontSize: "1.0625rem" } } },
  components: {
    Tooltip: { defaultProps: { openDelay: 350, withArrow: true, multiline: true, maw: 320, fz: "xs" } },
    Modal: { defaultProps: { centered: true, radius: "lg" } },
    TextInput: { defaultProps: { size: "sm" } },
    Button: { defaultProps: { size: "sm" } },
  },
});
