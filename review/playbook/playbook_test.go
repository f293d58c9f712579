package playbook

import "testing"

func TestExamplesLoad(t *testing.T) {
	for name, text := range map[string]string{"example.yaml": Example(), "minimal.yaml": Minimal()} {
		if _, err := Parse(name, []byte(text)); err != nil {
			t.Errorf("%v", err)
		}
	}
}
