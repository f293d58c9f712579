package playbook

import _ "embed"

//go:embed example.yaml
var example string

//go:embed minimal.yaml
var minimal string

// Example is a playbook with every key, commented for newcomers. It loads as
// it is.
func Example() string { return example }

// Minimal is the least that a team would write.
func Minimal() string { return minimal }
