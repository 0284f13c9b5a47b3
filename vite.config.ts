import { defineConfig } from "vite";

// An entry is fetched under the name Django hashed, its chunks under the name Vite
// hashed. So nothing imports an entry, or it would run twice.
export default defineConfig({
  base: "/static/mapui/build/",
  publicDir: false,
  build: {
    outDir: "mapui/static/mapui/build",
    manifest: "manifest.json",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      input: ["main", "fragments", "staff"].map((name) => `mapui/elements/${name}.ts`),
    },
  },
});
