/** Nothing is cut off, and no text stands on another. Runs in the page, so that it stands on its own. */

export function layoutFaults(): string[] {
  const faults: string[] = [];
  const told = (one: Element) => (one.textContent?.trim() || one.outerHTML).slice(0, 60);
  for (const one of document.querySelectorAll('body *')) {
    if (one.closest('.hidden, .skip, pre') || !one.checkVisibility()) continue;
    if (one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
      faults.push(`beyond: ${told(one)}`);
  }
  // Beside a key, along the axis, among the tabs.
  for (const parent of document.querySelectorAll('.who, #axis, #tabs')) {
    const seen = [...parent.children].filter((one) => one.checkVisibility());
    const boxes = seen.map((one) => one.getBoundingClientRect());
    const meet = (a: DOMRect, b: DOMRect) =>
      a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    if (boxes.some((box, index) => boxes.slice(index + 1).some((other) => meet(box, other)))) {
      faults.push(`overlapping: ${told(parent)}`);
    }
    const whole = parent.getBoundingClientRect();
    for (const [index, { left, right }] of boxes.entries()) {
      if (left < whole.left - 1 || right > whole.right + 1) faults.push(`outside: ${told(seen[index] as Element)}`);
    }
  }
  for (const name of document.querySelectorAll('.name, #tabs')) {
    if (name.scrollWidth > name.clientWidth) faults.push(`spilt: ${told(name)}`);
  }
  const axis = document.getElementById('axis');
  if (axis?.checkVisibility() && axis.querySelectorAll('.tick').length < 2) faults.push(`an axis of ${told(axis)}`);
  // One line of the heading holds a whole host, as long as there is room for it.
  for (const part of document.querySelectorAll<HTMLElement>('h1 span')) {
    const { fontSize } = getComputedStyle(part);
    if (part.offsetHeight > 2 * Number.parseFloat(fontSize)) faults.push(`broken: ${told(part)}`);
  }
  const context = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
  for (const field of document.querySelectorAll('input')) {
    const { font, paddingLeft } = getComputedStyle(field);
    context.font = font;
    const room = field.clientWidth - 2 * Number.parseFloat(paddingLeft);
    if (context.measureText(field.placeholder).width > room) faults.push(`clipped: ${field.placeholder}`);
  }
  return faults;
}
