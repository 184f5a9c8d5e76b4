import { LoadingRows } from "@/components/states";

export function HostsTab({ scanId }: { scanId: number }) {
  return <LoadingRows key={scanId} />;
}
