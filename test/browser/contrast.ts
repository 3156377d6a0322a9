/** WCAG 2.2, 1.4.3 and 1.4.11: texts and bars against what is behind them. Runs in the page, so that it stands on its own. */

export function contrastFaults(): string[] {
  type Colour = readonly [red: number, green: number, blue: number, alpha: number];
  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  /** Whatever way it is written. */
  const colourOf = (text: string): Colour => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = text;
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = ([r, g, b, a]: Colour, [x, y, z]: Colour): Colour => [
    r * a + x * (1 - a),
    g * a + y * (1 - a),
    b * a + z * (1 - a),
    1,
  ];
  const behind = (one: Element | null): Colour => {
    if (one === null) return [255, 255, 255, 1];
    const own = colourOf(getComputedStyle(one).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(one.parentElement));
  };
  const luminance = (colour: Colour): number => {
    const [red = 0, green = 0, blue = 0] = colour.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratioOf = (front: Colour, background: Colour): number => {
    const [a, b] = [luminance(over(front, background)), luminance(background)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const faults: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
    const parent = text.parentElement;
    const isSeen = parent?.checkVisibility() && !parent.closest('script, style, noscript, .hidden, .skip');
    if (!parent || !isSeen || !text.textContent?.trim()) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(parent);
    const ratio = ratioOf(colourOf(color), behind(parent));
    const size = Number.parseFloat(fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < least) faults.push(`${text.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  // By its outline, where it has one, or by the darkest of its stripes.
  for (const bar of document.querySelectorAll('.bar')) {
    if (!bar.checkVisibility()) continue;
    const { boxShadow, backgroundImage, backgroundColor } = getComputedStyle(bar);
    const drawn = [boxShadow, backgroundImage].find((one) => one !== 'none') ?? backgroundColor;
    const [colour = ''] = /\b(?:rgba?|color|oklab)\([^)]*\)/.exec(drawn) ?? [];
    const ratio = ratioOf(colourOf(colour), behind(bar.parentElement));
    if (ratio < 3) faults.push(`${bar.className}: ${ratio.toFixed(2)}`);
  }
  return faults;
}
