import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ApiError } from "@/api/client";
import type { Upload } from "@/api/types";

import { Meter, nameFor, type Progress, refuseFile, secondsLeft, sendFile } from "./sending";

const calls = vi.hoisted(() => ({ createUpload: vi.fn(), getUpload: vi.fn(), sendBytes: vi.fn() }));
vi.mock("@/api/uploads", () => calls);

const upload = (received: number, size = 10): Upload =>
  ({ id: "u1", received, size, chunk_bytes: 4, state: received === size ? "reading" : "receiving" }) as Upload;
const offline = (): ApiError => new ApiError(0, { code: "offline", message: "?" });
const file = new File(["0123456789"], "My data.csv", { lastModified: 5 });

describe("sendFile", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    calls.createUpload.mockResolvedValue(upload(0));
    calls.sendBytes.mockImplementation((_id: string, offset: number, bytes: Blob) =>
      Promise.resolve(upload(offset + bytes.size)),
    );
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.resetAllMocks();
    localStorage.clear();
  });

  /** Sends, and lets the time pass that it waits; what went wrong is given back. */
  async function send(seen: Progress[] = [], signal = new AbortController().signal): Promise<unknown> {
    const sent = sendFile(file, { signal, onProgress: (progress) => seen.push(progress) }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60_000);
    return sent;
  }

  it("sends piece by piece and tells how far it is", async () => {
    const seen: Progress[] = [];
    await expect(send(seen)).resolves.toMatchObject({ received: 10, state: "reading" });
    expect(calls.sendBytes.mock.calls.map(([, offset, bytes]) => [offset as number, (bytes as Blob).size])).toEqual([[0, 4], [4, 4], [8, 2]]);
    expect(seen.map(({ sent }) => sent)).toEqual([0, 4, 8, 10]);
    expect(localStorage.length).toBe(0);
  });

  it("goes on where the studio says after the line broke", async () => {
    calls.sendBytes.mockRejectedValueOnce(offline());
    calls.getUpload.mockResolvedValue(upload(3));
    await send();
    expect(calls.sendBytes.mock.calls.map(([, offset]) => offset as number)).toEqual([0, 3, 7]);
  });

  it("takes up an upload of the same file that was broken off", async () => {
    calls.sendBytes.mockResolvedValueOnce(upload(4)).mockRejectedValueOnce(new ApiError(413, { code: "too_large", message: "!" }));
    expect(await send()).toMatchObject({ message: "!" });
    calls.getUpload.mockResolvedValue(upload(4));
    await send();
    expect(calls.createUpload).toHaveBeenCalledTimes(1);
    expect(calls.sendBytes.mock.calls.map(([, offset]) => offset as number)).toEqual([0, 4, 4, 8]);
  });

  it("begins anew where the studio has forgotten it", async () => {
    localStorage.setItem(`netwright-upload:My data.csv:10:5`, "gone");
    calls.getUpload.mockRejectedValue(new ApiError(404, { code: "not_found", message: "?" }));
    await send();
    expect(calls.createUpload).toHaveBeenCalledTimes(1);
  });

  it("gives up at last, and stops at once when told", async () => {
    calls.sendBytes.mockRejectedValue(offline());
    calls.getUpload.mockRejectedValue(offline());
    expect(await send()).toBeInstanceOf(ApiError);
    localStorage.clear();
    const control = new AbortController();
    setTimeout(() => control.abort(), 100);
    expect(await send([], control.signal)).toMatchObject({ name: "AbortError" });
  });
});

describe("the meter", () => {
  it("tells the time that is left", () => {
    const meter = new Meter(0, 0);
    expect(secondsLeft({ sent: 0, size: 10, rate: meter.rate, trouble: 0 })).toBeNull();
    meter.take(100, 1000);
    expect(secondsLeft({ sent: 100, size: 300, rate: meter.rate, trouble: 0 })).toBe(2);
  });
});

describe("files", () => {
  it("are looked at before they are sent", () => {
    expect(refuseFile(file)).toBeNull();
    expect(refuseFile(new File(["x"], "photo.tiff"))).toContain("neither a table");
    expect(refuseFile(new File([], "empty.npz"))).toContain("is empty");
    expect(nameFor("My irises (2).csv")).toBe("My irises (2)");
  });
});
