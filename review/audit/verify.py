import hashlib, json, sys

prev, seq = "", 0
for line in open(sys.argv[1], encoding="utf-8"):
    e, seq = json.loads(line), seq + 1
    parts = ["evenkeel.audit.1", prev, str(seq), e["at"], str(e["case"]),
             e["actor"], e["verb"], e["from"], e["to"]]
    for key in sorted(e["detail"], key=str.encode):
        parts += [key, e["detail"][key]]
    h = hashlib.sha256()
    for part in parts:
        b = part.encode()
        h.update(len(b).to_bytes(8, "big") + b)
    if (e["seq"], e["prev"], e["hash"]) != (seq, prev, h.hexdigest()):
        sys.exit(f"entry {seq} is broken")
    prev = e["hash"]
print(seq, prev)
