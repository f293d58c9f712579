package playbook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// hash is the version of rules: JSON with sorted keys, summed.
func hash(r rulebook) string {
	b, err := json.Marshal(r)
	if err != nil {
		panic("playbook: its rules cannot be written as JSON: " + err.Error()) // no type in it can do that
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}
