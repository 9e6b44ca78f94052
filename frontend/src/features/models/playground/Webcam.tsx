import { Button, Group, Switch, Text } from "@mantine/core";
import { Camera, CameraOff, Pause, Play } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import type { DatasetInput, Nested } from "@/api/types";
import type { Translate } from "@/i18n";
import { useTranslation } from "@/i18n/react";

import classes from "../models.module.css";
import { middleSquare } from "./capture";
import { borderMedian, channelsOf, heightOf, invert, shrink, toRaw, wholeBox, widthOf } from "./pixels";

/** How often the network looks: as often as it can answer and a hand can move. */
const LOOK_MS = 300;

interface Props {
  input: DatasetInput;
  dark: boolean;
  onInput: (raw: Nested | null) => void;
}

/** The network looks through the camera, again and again until it is held. */
export function Webcam({ input, dark, onInput }: Props) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [held, setHeld] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  // Grey data with bright things on black: what a camera sees is mostly ink on paper. Undefined: as the border tells.
  const [swapped, setSwapped] = useState<boolean | undefined>(channelsOf(input) === 1 ? undefined : false);
  const report = useRef(onInput);
  useEffect(() => {
    report.current = onInput;
  });

  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
    return () => stream?.getTracks().forEach((track) => track.stop());
  }, [stream]);

  useEffect(() => {
    if (!stream || held) return;
    const timer = setInterval(() => {
      const film = video.current;
      const seen = film && film.videoWidth > 0 ? middleSquare(film, film.videoWidth, film.videoHeight, channelsOf(input)) : null;
      if (!seen) return;
      const turned = (swapped ?? borderMedian(seen) > 0.5 === dark) ? invert(seen) : seen;
      report.current(toRaw(shrink(turned, wholeBox(turned), widthOf(input), heightOf(input)), input));
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [stream, held, swapped, input, dark]);

  async function start(): Promise<void> {
    setProblem(null);
    setHeld(false);
    try {
      setStream(await openCamera());
    } catch (error) {
      setProblem(whyNot(error, t));
    }
  }

  return (
    <div className={classes["camera"]} role="group" aria-label={t("Camera")}>
      {stream ? (
        // A film of what is before the camera has no words to be shown.
        <video ref={video} autoPlay muted playsInline aria-label={t("What the camera sees")} />
      ) : (
        <div className={classes["dark"]}>
          <Camera size={28} strokeWidth={1.6} aria-hidden />
          <Button size="xs" onClick={() => void start()}>
            {t("Turn the camera on")}
          </Button>
          <Text size="xs" c="dimmed">
            {t("Pictures go to this studio and nowhere else; none is kept.")}
          </Text>
        </div>
      )}
      {stream ? (
        <Group gap="xs" mt="xs">
          <Button size="compact-xs" variant="default" leftSection={held ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />} onClick={() => setHeld(!held)}>
            {held ? t("Look on") : t("Hold this picture")}
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<CameraOff size={14} aria-hidden />}
            onClick={() => {
              setStream(null);
              onInput(null);
            }}
          >
            {t("Turn it off")}
          </Button>
          {channelsOf(input) === 1 ? (
            <Switch size="xs" label={t("Swap bright and dark")} checked={swapped ?? dark} onChange={(event) => setSwapped(event.currentTarget.checked)} />
          ) : null}
        </Group>
      ) : null}
      {problem === null ? null : (
        <Text size="xs" c="var(--nw-danger)" role="alert">
          {problem}
        </Text>
      )}
    </div>
  );
}

/** Browsers hand out cameras to secure addresses only; elsewhere there is no such property, whatever the types say. */
function openCamera(): Promise<MediaStream> {
  const devices = (navigator as Partial<Navigator>).mediaDevices;
  if (!devices) return Promise.reject(new DOMException("no secure address", "SecurityError"));
  return devices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 640 }, height: { ideal: 480 } }, audio: false });
}

function whyNot(error: unknown, t: Translate): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError") return t("The browser was not allowed to use the camera. Allow it in the address bar and try again.");
  if (name === "NotFoundError") return t("There is no camera.");
  if (name === "SecurityError") return t("Browsers give the camera to secure addresses only: open the studio at 127.0.0.1, or over HTTPS.");
  return t("The camera cannot be used: {{reason}}", { reason: error instanceof Error ? error.message : name });
}
