import { Kbd, Modal, Table, Text } from "@mantine/core";

import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";

import { actions } from "../actions/registry";
import { writeShortcut } from "../actions/shortcut";
import { useUi, useUiState } from "../ui";

const pointing: [Message, Message][] = [
  [msg("Connect"), msg("Drag from the dot under a node to a dot on top of another, or drop it on the node")],
  [msg("Move an end"), msg("Drag the end of a connection to another dot")],
  [msg("Select several"), msg("Hold Shift and drag, or Shift-click")],
  [msg("Move with the keyboard"), msg("Tab to a node, Enter selects it, arrow keys move it")],
  [msg("Connect with the keyboard"), msg("J on a node: choose a port, Enter, choose the other end, Enter")],
  [msg("Disconnect with the keyboard"), msg("J on a node: choose a port, Delete; or Tab to a line, Enter, Delete")],
  [msg("Connect by touch"), msg("Tap a dot, then what it leads to")],
  [msg("Read and edit as a list"), msg("O opens the outline: arrow keys go through it, Enter leads to the details")],
];

/** All keys, read from the actions themselves. */
export function ShortcutsHelp() {
  const { t } = useTranslation();
  const ui = useUi();
  const opened = useUiState((state) => state.help);
  return (
    <Modal
      opened={opened}
      onClose={() => ui.setState({ help: false })}
      title={<Text fw={640}>{t("Keyboard and pointer")}</Text>}
      size="lg"
    >
      <Table verticalSpacing={5} fz="sm">
        <Table.Tbody>
          {actions
            .filter((action) => action.shortcuts.length > 0)
            .map((action) => (
              <Table.Tr key={action.id}>
                <Table.Td>{t(action.label)}</Table.Td>
                <Table.Td ta="right">
                  {action.shortcuts.map((shortcut) => (
                    <Kbd key={shortcut} ml={6} size="xs">
                      {writeShortcut(shortcut)}
                    </Kbd>
                  ))}
                </Table.Td>
              </Table.Tr>
            ))}
          {pointing.map(([what, how]) => (
            <Table.Tr key={what}>
              <Table.Td>{t(what)}</Table.Td>
              <Table.Td ta="right" c="dimmed">
                {t(how)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
