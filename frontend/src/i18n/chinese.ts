/** All Chinese texts of the page; loaded only when somebody reads Chinese. */
const dictionaries = import.meta.glob<Record<string, string>>("../**/zh.json", { eager: true, import: "default" });

export const chinese = Object.assign({}, ...Object.values(dictionaries)) as Record<string, string>;
