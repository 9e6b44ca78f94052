import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { Check, Languages } from "lucide-react";

import { chooseLanguage } from "@/i18n";
import { languages } from "@/i18n/language";
import { useTranslation } from "@/i18n/react";
import { notifyError } from "@/shared/notify";

/** The languages, each under its own name. */
export function LanguageMenu() {
  const { t, language: current } = useTranslation();
  return (
    <Menu position="right-end" shadow="md" width={160}>
      <Menu.Target>
        <Tooltip label={t("Language")} position="right">
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("Language")}>
            <Languages size={19} strokeWidth={1.8} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {languages.map(({ language, name, tag }) => (
          <Menu.Item
            key={language}
            lang={tag}
            role="menuitemradio"
            aria-checked={language === current}
            leftSection={<Check size={14} visibility={language === current ? "visible" : "hidden"} />}
            onClick={() => {
              chooseLanguage(language).catch((error: unknown) => notifyError(error, t("The language was not changed")));
            }}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
