// Tables of any length: only the rows in sight are in the page. Columns and sorting by TanStack Table.
import {
  type ColumnDef,
  createSortedRowModel,
  type RowData,
  rowSortingFeature,
  type SortingState,
  sortFns,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { cx } from "./basics";
import { Fade } from "./fade";

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns,
});

/** What tells a column apart from plain text: its width in rem, its side, its class. */
export interface ColumnMeta {
  /** Width in rem; `grow` takes what is left, in this share. */
  width?: number;
  grow?: number;
  align?: "right";
  className?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: columns of one table have values of many types
export type Column<Row extends RowData> = ColumnDef<typeof features, Row, any> & {
  meta?: ColumnMeta;
};

interface Props<Row extends RowData> {
  columns: Column<Row>[];
  rows: Row[];
  rowId: (row: Row) => string;
  /** Read out as the table's name. */
  label: string;
  /** Pixels of a row. */
  rowHeight?: number;
  /** The height of the table: a CSS class, such as `max-h-[60dvh]`. */
  className?: string;
  /** Sorting, held by the page so that it can be in the URL. Without it, rows stay as they come. */
  sorting?: SortingState;
  onSorting?: (sorting: SortingState) => void;
  /** Rows come sorted by the page; the heads only show and change the order. */
  isSortedByPage?: boolean;
  onRow?: (row: Row) => void;
  /** Called when the last rows come into sight. */
  onEnd?: () => void;
  empty?: ReactNode;
  /** Pixels that all columns need; narrower screens scroll sideways. */
  minWidth?: number;
}

export function DataTable<Row extends RowData>(props: Props<Row>) {
  const { columns, rows, rowId, label, rowHeight = 40, onRow, onEnd, minWidth = 640 } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const table = useTable({
    features,
    columns,
    data: rows,
    getRowId: rowId,
    state: { sorting: props.sorting ?? [] },
    enableSorting: props.onSorting !== undefined,
    manualSorting: props.isSortedByPage ?? false,
    onSortingChange: (change) => {
      const before = props.sorting ?? [];
      props.onSorting?.(typeof change === "function" ? change(before) : change);
    },
  });
  const sorted = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (last >= 0 && last >= sorted.length - 20) onEnd?.();
  }, [last, sorted.length, onEnd]);

  const template = columns
    .map((column) =>
      column.meta?.width ? `${column.meta.width}rem` : `minmax(6rem, ${column.meta?.grow ?? 1}fr)`,
    )
    .join(" ");
  if (rows.length === 0 && props.empty) return props.empty;
  return (
    <Fade box={scroller}>
      <div
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reachable by keyboard
        tabIndex={0}
        role="table"
        aria-label={label}
        aria-rowcount={sorted.length + 1}
        className={cx("relative overflow-auto", props.className ?? "max-h-[70dvh]")}
      >
        <div style={{ minWidth }}>
          <div role="rowgroup" className="sticky top-0 z-10 bg-surface">
            {table.getHeaderGroups().map((group) => (
              <div
                key={group.id}
                role="row"
                aria-rowindex={1}
                className="grid items-center border-b border-line text-xs text-muted"
                style={{ gridTemplateColumns: template }}
              >
                {group.headers.map((header) => {
                  const meta = header.column.columnDef.meta as ColumnMeta | undefined;
                  const way = header.column.getIsSorted();
                  const canSort = props.onSorting !== undefined && header.column.getCanSort();
                  const title = <table.FlexRender header={header} />;
                  return (
                    <div
                      key={header.id}
                      role="columnheader"
                      aria-sort={
                        way === "asc" ? "ascending" : way === "desc" ? "descending" : undefined
                      }
                      className={cx(
                        "px-3 py-2 font-medium",
                        meta?.align === "right" && "text-right",
                      )}
                    >
                      {canSort ? (
                        <button
                          type="button"
                          className="-my-1.5 inline-flex min-h-7 items-center gap-1 hover:text-text"
                          onClick={header.column.getToggleSortingHandler()}
                        >
                          {title}
                          {way === "asc" ? <ArrowUp aria-hidden className="size-3" /> : null}
                          {way === "desc" ? <ArrowDown aria-hidden className="size-3" /> : null}
                        </button>
                      ) : (
                        title
                      )}
                    </div>
                  );
                })}
              </div>
            ))}
          </div>
          <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const row = sorted[item.index];
              if (!row) return null;
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the row's link takes the keyboard
                <div
                  key={row.id}
                  role="row"
                  aria-rowindex={item.index + 2}
                  className={cx(
                    "absolute inset-x-0 grid items-center border-b border-line text-sm",
                    onRow && "cursor-pointer hover:bg-hover",
                  )}
                  style={{
                    gridTemplateColumns: template,
                    height: rowHeight,
                    transform: `translateY(${item.start}px)`,
                  }}
                  onClick={onRow ? (event) => isPlain(event) && onRow(row.original) : undefined}
                >
                  {row.getAllCells().map((cell) => {
                    const meta = cell.column.columnDef.meta as ColumnMeta | undefined;
                    return (
                      <div
                        key={cell.id}
                        role="cell"
                        className={cx(
                          "truncate px-3",
                          meta?.align === "right" && "num text-right",
                          meta?.className,
                        )}
                      >
                        <table.FlexRender cell={cell} />
                      </div>
                    );
                  })}
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </Fade>
  );
}

/** A click on the row itself: not on a link or button in it, and not the end of selecting text. */
function isPlain(event: React.MouseEvent): boolean {
  const target = event.target as HTMLElement;
  return !target.closest("a,button,input,label") && !getSelection()?.toString();
}
