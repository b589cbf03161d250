/** The marks of sites, drawn once and used by the map and its legend alike: a shape for each kind, so that colour is not needed. */

/** @type {Record<string, string>} */
const SHAPES = {
  section: '<path d="M3 10H17M3 6.5v7M17 6.5v7" fill="none"/>',
  intake: '<path d="M10 2.5C7 7 5 9.6 5 12.4a5 5 0 0 0 10 0C15 9.6 13 7 10 2.5Z"/>',
  station: '<path d="M10 3.2 17 16H3Z"/>',
  gauge: '<path d="M6 3h8v14H6zM6 7h4M6 10h6M6 13h4" />',
  interception: '<path d="M3.5 4v12.5M16.5 4v12.5M3.5 7h13M3.5 11h13M10 7v9" fill="none"/>',
  risk_source: '<path d="M10 2.5 17.5 10 10 17.5 2.5 10Z"/>',
};
export const KINDS = Object.keys(SHAPES);
const SIZE = 20;
const RATIO = 2;

/**
 * @param {string} kind
 * @param {{ink: string, paper: string}} colours
 * @param {boolean} synthetic drawn hollow and dashed
 */
export function drawing(kind, { ink, paper }, synthetic = false) {
  const dash = synthetic ? ' stroke-dasharray="2.5 1.5"' : "";
  const fill = synthetic || kind === "gauge" ? paper : ink;
  const shape = SHAPES[kind] ?? SHAPES.section;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE * RATIO}" height="${SIZE * RATIO}" viewBox="0 0 ${SIZE} ${SIZE}"><g fill="${fill}" stroke="${paper}" stroke-width="4.5" stroke-linejoin="round" stroke-linecap="round">${shape}</g><g fill="${fill}" stroke="${ink}" stroke-width="1.8" stroke-linejoin="round" stroke-linecap="round"${dash}>${shape}</g></svg>`;
}

/**
 * @param {string} kind
 * @param {{ink: string, paper: string}} colours
 * @param {boolean} [synthetic]
 */
export function address(kind, colours, synthetic) {
  return `data:image/svg+xml,${encodeURIComponent(drawing(kind, colours, synthetic))}`;
}

/**
 * Gives the map an image "site-KIND" and "site-KIND-synthetic" for each kind.
 * @param {import("maplibre-gl").Map} map
 * @param {{ink: string, paper: string}} colours
 */
export async function addTo(map, colours) {
  const wanted = KINDS.flatMap((kind) => [
    { name: `site-${kind}`, url: address(kind, colours) },
    { name: `site-${kind}-synthetic`, url: address(kind, colours, true) },
  ]);
  const images = await Promise.all(wanted.map(async ({ name, url }) => ({ name, image: await loaded(url) })));
  for (const { name, image } of images) if (!map.hasImage(name)) map.addImage(name, image, { pixelRatio: RATIO });
}

/** @param {string} url */
async function loaded(url) {
  const image = new Image(SIZE * RATIO, SIZE * RATIO);
  image.src = url;
  await image.decode();
  return image;
}
