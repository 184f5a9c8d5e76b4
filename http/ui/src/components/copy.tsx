// Copies a text, and says so. Where the browser gives no clipboard, it says that instead.
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./basics";
import { sayFailure } from "./overlays";

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 2_000);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
    } catch {
      sayFailure(
        "Not copied",
        "This browser gives no clipboard to pages without HTTPS. Select the text and copy it.",
      );
    }
  };
  const Sign = done ? Check : Copy;
  return (
    <Button size="sm" onClick={() => void copy()}>
      <Sign aria-hidden className="size-3.5" />
      <span aria-live="polite">{done ? "Copied" : label}</span>
    </Button>
  );
}
