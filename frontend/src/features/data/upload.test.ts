import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ApiError } from "@/api/client";

import { nameFor, refuseFile, sendDataset } from "./upload";

class FakeRequest {
  static last: FakeRequest;
  upload: { onprogress: ((event: { lengthComputable: boolean; loaded: number; total: number }) => void) | null } = {
    onprogress: null,
  };
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onabort: (() => void) | null = null;
  status = 0;
  responseText = "";
  sent: FormData | null = null;

  constructor() {
    FakeRequest.last = this;
  }
  open(): void {
    return;
  }
  setRequestHeader(): void {
    return;
  }
  send(body: FormData): void {
    this.sent = body;
  }
  abort(): void {
    this.onabort?.();
  }
  answer(status: number, body: string): void {
    this.status = status;
    this.responseText = body;
    this.onload?.();
  }
}

const file = new File(["a,b\n1,2\n"], "My data.csv");

describe("sendDataset", () => {
  beforeEach(() => {
    vi.stubGlobal("XMLHttpRequest", FakeRequest);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("sends file, name and target, and tells how far it is", async () => {
    const parts: number[] = [];
    const upload = sendDataset({ file, name: "Mine", target: "b" }, (part) => parts.push(part));
    const request = FakeRequest.last;
    expect(request.sent?.get("name")).toBe("Mine");
    expect(request.sent?.get("target")).toBe("b");
    request.upload.onprogress?.({ lengthComputable: true, loaded: 1, total: 4 });
    request.answer(201, '{"id": "u1"}');
    await expect(upload.done).resolves.toEqual({ id: "u1" });
    expect(parts).toEqual([0.25]);
  });

  it("leaves the target out when it is empty", () => {
    sendDataset({ file, name: "Mine", target: "" }, () => undefined).done.catch(() => undefined);
    expect(FakeRequest.last.sent?.has("target")).toBe(false);
  });

  it("gives the server's reason", async () => {
    const upload = sendDataset({ file, name: "Mine", target: "" }, () => undefined);
    FakeRequest.last.answer(422, '{"error": {"code": "invalid", "message": "row 3 is short", "remedy": "mend it"}}');
    const error = await upload.done.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).body).toMatchObject({ message: "row 3 is short", remedy: "mend it" });
  });

  it("has a sentence for answers of a proxy and for silence", async () => {
    const first = sendDataset({ file, name: "Mine", target: "" }, () => undefined);
    FakeRequest.last.answer(413, "<html>too large</html>");
    await expect(first.done).rejects.toThrow("The server answered 413.");
    const second = sendDataset({ file, name: "Mine", target: "" }, () => undefined);
    FakeRequest.last.onerror?.();
    await expect(second.done).rejects.toThrow("The connection was lost while sending.");
  });

  it("can be cancelled", async () => {
    const upload = sendDataset({ file, name: "Mine", target: "" }, () => undefined);
    upload.cancel();
    await expect(upload.done).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("files", () => {
  it("are looked at before they are sent", () => {
    expect(refuseFile(file)).toBeNull();
    expect(refuseFile(new File(["x"], "photo.tiff"))).toContain("neither a CSV table nor NPZ arrays");
    expect(refuseFile(new File([], "empty.npz"))).toContain("is empty");
    expect(nameFor(file)).toBe("My data");
  });
});
