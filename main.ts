if (import.meta.main) {
  console.error("berth: not ready yet");
  Deno.exit(2);
}
