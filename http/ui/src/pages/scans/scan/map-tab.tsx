import type { Scan } from "@/api/client";
import type { LiveScan } from "@/live/scan";
import { MapView } from "./map-view";

export function MapTab({ scan, live }: { scan: Scan; live: LiveScan }) {
  return <MapView scan={scan} live={live} />;
}
