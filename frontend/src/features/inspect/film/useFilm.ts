import { useEffect, useState } from "react";

const FRAME_MS = 160;

export interface Film {
  /** The place among the snapshots that is shown. */
  at: number;
  /** Whether the newest is shown as it comes. */
  following: boolean;
  playing: boolean;
  seek: (at: number) => void;
  play: () => void;
  pause: () => void;
}

/** Where in the film of `count` snapshots we are. It begins at the end and follows it until somebody seeks. */
export function useFilm(count: number): Film {
  const [chosen, setChosen] = useState<number | null>(null);
  const [playing, setPlaying] = useState(false);
  const last = Math.max(0, count - 1);
  const at = Math.min(chosen ?? last, last);
  useEffect(() => {
    if (!playing) return;
    const timer = setTimeout(() => {
      if (at >= last) setPlaying(false);
      else setChosen(at + 1 >= last ? null : at + 1);
    }, FRAME_MS);
    return () => clearTimeout(timer);
  }, [playing, at, last]);
  return {
    at,
    following: chosen === null,
    playing: playing && at < last,
    seek: (place) => {
      setPlaying(false);
      setChosen(place >= last ? null : Math.max(0, place));
    },
    play: () => {
      if (at >= last) setChosen(0);
      setPlaying(true);
    },
    pause: () => setPlaying(false),
  };
}
