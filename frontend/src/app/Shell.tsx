import { Boxes, ChartSpline, Database, Workflow, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";

import { AccessLink } from "./AccessLink";
import { DocsLink } from "./DocsLink";
import { LanguageMenu } from "./LanguageMenu";
import { LogoMark } from "./LogoMark";
import classes from "./Shell.module.css";
import { ThemeToggle } from "./ThemeToggle";

interface Place {
  href: string;
  label: Message;
  icon: LucideIcon;
  owns: (path: string) => boolean;
}

const places: Place[] = [
  { href: "/", label: msg("Build"), icon: Workflow, owns: (path) => path === "/" || path.startsWith("/projects") },
  { href: "/runs", label: msg("Runs"), icon: ChartSpline, owns: (path) => path.startsWith("/runs") || path.startsWith("/sweeps") },
  { href: "/data", label: msg("Data"), icon: Database, owns: (path) => path.startsWith("/data") },
  { href: "/models", label: msg("Models"), icon: Boxes, owns: (path) => path.startsWith("/models") },
];

/** The frame of every page: a rail of places on the left, a bar at the bottom on a phone. */
export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [path] = useLocation();
  return (
    <div className={classes["shell"]}>
      <a className={classes["skip"]} href={`${window.location.pathname}#main`}>
        {t("Skip to content")}
      </a>
      <nav className={classes["rail"]} aria-label={t("Main")}>
        <Link href="/" className={classes["logo"] ?? ""} aria-label={t("Netwright home")} tabIndex={-1}>
          <LogoMark size={30} />
        </Link>
        <ul className={classes["places"]}>
          {places.map(({ href, label, icon: Icon, owns }) => (
            <li key={href}>
              <Link
                href={href}
                className={classes["place"] ?? ""}
                aria-current={owns(path) ? "page" : undefined}
              >
                <Icon size={20} strokeWidth={1.8} aria-hidden />
                <span>{t(label)}</span>
              </Link>
            </li>
          ))}
        </ul>
        <AccessLink current={path.startsWith("/access")} />
        <DocsLink />
        <LanguageMenu />
        <ThemeToggle />
      </nav>
      <main id="main" className={classes["main"]} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
