// Every page in its light look. Two files, so that both looks are tested at the same time.
import { testsOfPages } from "./pages";

testsOfPages("light");
