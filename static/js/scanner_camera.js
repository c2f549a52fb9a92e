// Looks through the camera for QR codes: with the browser's own reader where it has one, else with zxing-wasm.
"use strict";

self.scannerCamera = ((place) => {
  const { reader, wasm } = place.dataset;
  const BETWEEN_LOOKS = 120; // ms
  const WIDEST = 800; // pixels: more only takes longer
  let stream, detect;

  const load = (source) =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = source;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });

  const own = async () => {
    const formats = "BarcodeDetector" in self ? await BarcodeDetector.getSupportedFormats() : [];
    if (!formats.includes("qr_code")) return null;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video)).map((code) => code.rawValue);
  };

  const vendored = async () => {
    await load(reader);
    await ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    return async (video) => {
      const scale = Math.min(1, WIDEST / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      const image = context.getImageData(0, 0, canvas.width, canvas.height);
      const codes = await ZXingWASM.readBarcodes(image, { formats: ["QRCode"], maxNumberOfSymbols: 1 });
      return codes.filter((code) => code.isValid).map((code) => code.text);
    };
  };

  // Show the camera in `video` and hand every code that is seen to `found`. Rejects where there is no camera.
  const start = async (video, found) => {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    video.srcObject = stream;
    await video.play();
    detect ||= (await own().catch(() => null)) || (await vendored());
    const mine = stream;
    (async () => {
      while (stream === mine) {
        if (!document.hidden && video.videoWidth) {
          for (const text of await detect(video).catch(() => [])) await found(text);
        }
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS));
      }
    })();
  };

  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = undefined;
  };

  const track = () => stream?.getVideoTracks()[0];
  const hasTorch = () => Boolean(track()?.getCapabilities?.().torch);
  const torch = (isOn) => track()?.applyConstraints({ advanced: [{ torch: isOn }] });

  return { hasTorch, start, stop, torch };
})(document.currentScript);
