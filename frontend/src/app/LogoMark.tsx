/** Four neurons joined to an N. */
export function LogoMark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="8" fill="#0b7a75" />
      <path
        d="M9 22V10l14 12V10"
        fill="none"
        stroke="#fff"
        strokeWidth="2.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <g fill="#ffd9a0">
        <circle cx="9" cy="10" r="3" />
        <circle cx="23" cy="22" r="3" />
      </g>
      <g fill="#fff">
        <circle cx="9" cy="22" r="3" />
        <circle cx="23" cy="10" r="3" />
      </g>
    </svg>
  );
}
