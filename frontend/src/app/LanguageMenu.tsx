import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { Languages } from "lucide-react";

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
        <Menu.RadioGroup
          value={current}
          onChange={(language) => {
            const chosen = languages.find((one) => one.language === language);
            if (!chosen) return;
            chooseLanguage(chosen.language).catch((error: unknown) => notifyError(error, t("The language was not changed")));
          }}
        >
          {languages.map(({ language, name, tag }) => (
            <Menu.RadioItem key={language} value={language} lang={tag} closeMenuOnClick>
              {name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
