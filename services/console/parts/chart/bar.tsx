const WIDTH = 60;

/** A bar beside a number. It shows what share the number is of the largest one, from 0 to 1. */
export function Bar({ share }: { readonly share: number }) {
  const width = Math.round(Math.min(Math.max(share, 0), 1) * WIDTH);
  return (
    <svg class="bar" width={WIDTH} height="6" viewBox={`0 0 ${WIDTH} 6`} aria-hidden="true">
      <rect class="track" width={WIDTH} height="6" rx="3" />
      {width === 0 ? null : <rect class="filled" width={width} height="6" rx="3" />}
    </svg>
  );
}
