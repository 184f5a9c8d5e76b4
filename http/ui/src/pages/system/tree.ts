// The tree of actors as rows. Pure.
import type { Schemas } from "@/api/client";

export type SupervisedNode = Schemas["SupervisionNode"];
export type Restart = Schemas["SupervisionRestart"];
export type Supervision = Schemas["Supervision"];

/** A node with its place in the tree. */
export interface TreeRow {
  /** The names from the root to it: a node's own place, whatever its siblings are. */
  path: string;
  depth: number;
  node: SupervisedNode;
  isOpen: boolean;
}

/** The rows that show, parents before children. Those below a closed row are left out. */
export function rowsOf(nodes: readonly SupervisedNode[], closed: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = [];
  const visit = (list: readonly SupervisedNode[], depth: number, above: string) => {
    const seen = new Map<string, number>();
    for (const node of list) {
      const own = `${above}/${node.name}${node.id ?? ""}`;
      const twin = seen.get(own) ?? 0;
      seen.set(own, twin + 1);
      const path = twin === 0 ? own : `${own}#${twin}`;
      const isOpen = !closed.has(path);
      rows.push({ path, depth, node, isOpen });
      if (isOpen) visit(node.children, depth + 1, path);
    }
  };
  visit(nodes, 0, "");
  return rows;
}

/** How many nodes there are, and how many restarts they had. */
export function totals(nodes: readonly SupervisedNode[]): { nodes: number; restarts: number } {
  let all = 0;
  let restarts = 0;
  const visit = (list: readonly SupervisedNode[]) => {
    for (const node of list) {
      all += 1;
      restarts += node.restarts;
      visit(node.children);
    }
  };
  visit(nodes);
  return { nodes: all, restarts };
}

/** The page of a node; null for what has none. */
export function nodeLink(node: { kind: string; id?: number | null }): string | null {
  if (node.id == null) return null;
  if (node.kind === "scan") return `/scans/${node.id}`;
  return node.kind === "batch" ? `/batches/${node.id}` : null;
}
