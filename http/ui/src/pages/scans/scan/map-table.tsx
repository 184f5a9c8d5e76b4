// The map as a table: for those who read it rather than see it.
import { useMemo } from "react";
import { Button } from "@/components/basics";
import { type Column, DataTable } from "@/components/table";
import { count } from "@/lib/format";
import type { MapCell, ScanMap } from "./queries";

function figure(key: Exclude<keyof MapCell, "block">, header: string): Column<MapCell> {
  return {
    accessorKey: key,
    header,
    cell: ({ getValue }) => count(getValue() as number),
    meta: { width: 7, align: "right" },
  };
}

export function MapTable({ map, onEnter }: { map: ScanMap; onEnter: (cell: MapCell) => void }) {
  const rows = useMemo(() => map.families.flatMap((family) => family.cells), [map]);
  const columns = useMemo(
    (): Column<MapCell>[] => [
      {
        accessorKey: "block",
        header: "Block",
        cell: ({ row }) => (
          <Button variant="quiet" size="sm" onClick={() => onEnter(row.original)}>
            {row.original.block}
          </Button>
        ),
        meta: { grow: 2 },
      },
      figure("total", "Targets"),
      figure("up", "Up"),
      figure("open_ports", "Open ports"),
      figure("down", "Down"),
      figure("timed_out", "Timed out"),
      figure("unfinished", "Unfinished"),
      figure("running", "Running"),
      figure("excluded", "Excluded"),
    ],
    [onEnter],
  );
  return (
    <DataTable
      label="Blocks of the target space"
      columns={columns}
      rows={rows}
      rowId={(row) => row.block}
      minWidth={1_000}
    />
  );
}
