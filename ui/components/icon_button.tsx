import { Icon, type IconName } from "./icon.tsx";

interface IconButtonProps {
  icon: IconName;
  /** What it does, and to what, for screen readers. */
  label: string;
  title?: string;
}

/** A button that is nothing but an icon. */
export function IconButton(
  { icon, label, title, onClick }: IconButtonProps & { onClick: () => void },
) {
  return (
    <button
      type="button"
      class="button quiet icon"
      aria-label={label}
      title={title}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

/** The same as a link. */
export function IconLink({ icon, label, title, href }: IconButtonProps & { href: string }) {
  return (
    <a class="button quiet icon" href={href} aria-label={label} title={title}>
      <Icon name={icon} />
    </a>
  );
}
