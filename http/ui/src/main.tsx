import "./app.css";
import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { makeQueryClient } from "./app/query";
import { followSystemTheme } from "./app/theme";
import { Toasts } from "./components/overlays";
import { Overall } from "./live/overall";
import { makeRouter } from "./router";

const client = makeQueryClient();
let overall: Overall | null = null;
const router = makeRouter({
  client,
  // Made with the first page that has a frame: the login page has nothing to follow yet.
  overall: () => {
    overall ??= new Overall(client);
    return overall;
  },
});

followSystemTheme();
const place = document.getElementById("root");
if (!place) throw new Error("index.html has no #root");
createRoot(place).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={client}>
        <Toasts>
          <RouterProvider router={router} />
        </Toasts>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
