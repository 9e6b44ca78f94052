/// <reference lib="webworker" />
import type { Graph } from "@/api/types";

import { arrange } from "./layout";

self.onmessage = ({ data }: MessageEvent<Graph>) => {
  self.postMessage(arrange(data));
};
