import { Modal, SimpleGrid, Stack, Text } from "@mantine/core";

import type { NodeView, Picture } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric, formatShape } from "@/shared/format";

import { HistogramView } from "../draw/HistogramView";
import { PictureView } from "../draw/PictureView";

interface Props {
  view: NodeView | undefined;
  detail: Picture | null;
  /** Pictures of this node's weights by name. */
  weights: Readonly<Record<string, Picture>>;
  onClose: () => void;
}

/** One node as large as there is room: its channels, how its values are spread, its kernels. */
export function NodeDetail({ view, detail, weights, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={view !== undefined} onClose={onClose} size="xl" title={view ? `${view.node} · ${view.op}` : ""} closeButtonProps={{ "aria-label": t("Close") }}>
      {view ? <Body view={view} detail={detail} weights={weights} /> : null}
    </Modal>
  );
}

function Body({ view, detail, weights }: { view: NodeView; detail: Picture | null; weights: Props["weights"] }) {
  const { t } = useTranslation();
  const shown = detail ?? view.picture;
  const own = Object.entries(weights).filter(([name]) => name.startsWith(`${view.node}_`));
  const tiles = { shown: shown.tiles, all: shown.of };
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {shown.of > 1 ? t("{{shown}} of {{all}} channels", tiles) : formatShape(view.shape)}
      </Text>
      <PictureView picture={shown} name={t("Activation of {{node}}", { node: view.node })} size={460} legend />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <div>
          <Text size="sm" fw={560}>
            {t("Values")}
          </Text>
          <HistogramView histogram={view.values} name={t("Values of {{node}}", { node: view.node })} width={240} height={70} />
          <Text size="xs" c="dimmed">
            {t("mean {{mean}}, spread {{std}}, {{zeros}} % exactly 0", {
              mean: formatMetric(view.values.mean),
              std: formatMetric(view.values.std),
              zeros: Math.round(100 * view.values.zeros),
            })}
          </Text>
        </div>
        {own.map(([name, picture]) => (
          <div key={name}>
            <Text size="sm" fw={560}>
              {name}
            </Text>
            <PictureView picture={picture} name={name} size={220} legend />
          </div>
        ))}
      </SimpleGrid>
    </Stack>
  );
}
