// What lies over the page: dialogs, menus, messages. Base UI brings the keyboard and the focus.
import { Dialog as Base } from "@base-ui/react/dialog";
import { Menu as BaseMenu } from "@base-ui/react/menu";
import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { type ReactElement, type ReactNode, useState } from "react";
import { ApiProblem } from "@/api/client";
import { Button, cx, IconButton } from "./basics";

/** A dialog with a title. It closes with Escape, its cross, or a click beside it. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  className,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/50 transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Popup
          className={cx(
            "fixed top-[10dvh] left-1/2 z-50 flex max-h-[80dvh] w-[min(34rem,calc(100vw-2rem))] -translate-x-1/2 flex-col rounded-lg border border-line bg-raised shadow-raised",
            className,
          )}
        >
          <header className="flex items-start gap-3 border-b border-line px-4 py-3">
            <div className="min-w-0 flex-1">
              <Base.Title className="text-base font-semibold">{title}</Base.Title>
              {description ? (
                <Base.Description className="text-sm text-muted">{description}</Base.Description>
              ) : null}
            </div>
            <Base.Close render={<IconButton label="Close" className="size-7" />}>
              <X aria-hidden className="size-4" />
            </Base.Close>
          </header>
          <div className="min-h-0 overflow-y-auto p-4">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** A button that asks before it acts. `act` may take its time, and may fail. */
export function Confirm({
  trigger,
  title,
  children,
  verb,
  act,
}: {
  trigger: (open: () => void) => ReactElement;
  title: ReactNode;
  children: ReactNode;
  verb: string;
  act: () => Promise<unknown>;
}) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setBusy(true);
    setError(null);
    try {
      await act();
      setOpen(false);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {trigger(() => setOpen(true))}
      <Dialog open={open} onOpenChange={setOpen} title={title}>
        <div className="text-sm">{children}</div>
        {error ? (
          <p role="alert" className="mt-3 text-sm text-danger">
            {error}
          </p>
        ) : null}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={() => setOpen(false)}>Cancel</Button>
          <Button variant="danger" disabled={busy} onClick={() => void go()}>
            {verb}
          </Button>
        </div>
      </Dialog>
    </>
  );
}

export interface MenuItem {
  label: ReactNode;
  icon?: ReactNode;
  onSelect?: () => void;
  href?: string;
  disabled?: boolean;
  danger?: boolean;
}

/** Menus open within the main part of the page: what lies beside all landmarks is hard to find. */
const MAIN = {
  get current() {
    return document.getElementById("main");
  },
};

/** A menu that opens at a button. */
export function Menu({ trigger, items }: { trigger: ReactElement; items: MenuItem[] }) {
  const look = (item: MenuItem) =>
    cx(
      "flex cursor-pointer items-center gap-2 rounded px-2.5 py-1.5 text-sm outline-none data-highlighted:bg-hover data-disabled:opacity-50",
      item.danger && "text-danger",
    );
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal container={MAIN}>
        <BaseMenu.Positioner sideOffset={4} align="end" className="z-50">
          <BaseMenu.Popup className="min-w-44 rounded-md border border-line bg-raised p-1 shadow-raised outline-none">
            {items.map((item, at) => (
              <BaseMenu.Item
                // biome-ignore lint/suspicious/noArrayIndexKey: a menu's items keep their places
                key={at}
                className={look(item)}
                disabled={item.disabled}
                onClick={item.onSelect}
                render={item.href ? <a href={item.href}>{item.label}</a> : undefined}
              >
                {item.icon}
                {item.label}
              </BaseMenu.Item>
            ))}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

/** Messages that come and go. Made once, so that code without a component can say something. */
const toasts = Toast.createToastManager();

/** Says that something was done. */
export function say(title: string, description?: string): void {
  toasts.add({ title, description, type: "good" });
}

/** Says that something failed, in the server's words. It stays until it is closed. */
export function sayFailure(what: string, error: unknown): void {
  const description =
    error instanceof ApiProblem || error instanceof Error ? error.message : String(error);
  toasts.add({ title: what, description, type: "danger", timeout: 0, priority: "high" });
}

function ToastList() {
  const { toasts: shown } = Toast.useToastManager();
  return shown.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className={cx(
        "pointer-events-auto flex items-start gap-3 rounded-md border border-line bg-raised p-3 shadow-raised transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0",
        toast.type === "danger" && "border-l-4 border-l-danger",
        toast.type === "good" && "border-l-4 border-l-accent",
      )}
    >
      <div className="min-w-0 flex-1">
        <Toast.Title className="text-sm font-semibold" />
        <Toast.Description className="text-sm break-words text-muted" />
      </div>
      <Toast.Close render={<IconButton label="Close" className="size-7" />}>
        <X aria-hidden className="size-4" />
      </Toast.Close>
    </Toast.Root>
  ));
}

export function Toasts({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider toastManager={toasts} timeout={5_000} limit={4}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="pointer-events-none fixed right-4 bottom-4 z-50 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
