import { readFileSync } from "node:fs";
import { build, defineConfig, type Plugin } from "vite";

/** What folium's maps are made with, framed or as one file: plain, since no page of theirs is a module. */
const FRAMED = {
  "leaflet.js": "node_modules/leaflet/dist/leaflet.js",
  "leaflet.css": "node_modules/leaflet/dist/leaflet.css",
  "leaflet-heat.js": "node_modules/leaflet.heat/dist/leaflet-heat.js",
  "markercluster.js": "node_modules/leaflet.markercluster/dist/leaflet.markercluster.js",
  "markercluster.css": "node_modules/leaflet.markercluster/dist/MarkerCluster.css",
  "images/layers.png": "node_modules/leaflet/dist/images/layers.png",
  "images/layers-2x.png": "node_modules/leaflet/dist/images/layers-2x.png",
  "images/marker-icon.png": "node_modules/leaflet/dist/images/marker-icon.png",
  "tokens.css": "mapui/styles/tokens.css",
  "heat.css": "mapui/styles/heat.css",
  "travelling.css": "mapui/styles/travelling.css",
};
function framed(): Plugin {
  return {
    name: "framed",
    generateBundle() {
      for (const [name, path] of Object.entries(FRAMED)) {
        const file = readFileSync(path);
        // The map of a source that is not kept would be looked for in vain.
        const source = name.endsWith(".js")
          ? file.toString().replace(/^\/\/# sourceMappingURL=.*$/m, "")
          : file;
        this.emitFile({ type: "asset", fileName: `heat/${name}`, source });
      }
    },
  };
}

/** The worker is one file: it is served where its pages are, and finds no chunk from there. */
function worker(): Plugin {
  return {
    name: "worker",
    async generateBundle() {
      const made = await build({
        configFile: false,
        publicDir: false,
        logLevel: "warn",
        build: {
          write: false,
          rolldownOptions: { input: "mapui/elements/worker.ts", output: { format: "iife" } },
        },
      });
      for (const { output } of [made].flat() as { output: { type: string; code?: string }[] }[]) {
        const source = output.find(({ type }) => type === "chunk")?.code;
        if (source) this.emitFile({ type: "asset", fileName: "worker.js", source });
      }
    },
  };
}

/** What is small and needed by two entries goes into both: a chunk between them is a fetch more. */
function twofold(): Plugin {
  return {
    name: "twofold",
    enforce: "pre",
    async resolveId(source, importer) {
      if (source !== "./photo-shrinking" || !importer?.endsWith("/staged-files.ts")) return null;
      const found = await this.resolve(source, importer, { skipSelf: true });
      return found && `${found.id}?filing`;
    },
  };
}

// An entry is fetched under the name Django hashed, its chunks under the name Vite
// hashed. So nothing imports an entry, or it would run twice.
export default defineConfig({
  base: "/static/mapui/build/",
  publicDir: false,
  plugins: [framed(), worker(), twofold()],
  build: {
    outDir: "mapui/static/mapui/build",
    manifest: "manifest.json",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      input: ["main", "fragments", "staff", "filing", "crew", "taking", "embedded", "wall"].map((name) => `mapui/elements/${name}.ts`),
    },
  },
});
