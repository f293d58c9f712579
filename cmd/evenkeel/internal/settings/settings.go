// Package settings finds the value of every setting and remembers where it
// came from.
//
// A setting is a row of a table ([Spec]). Its value is looked for in four
// places, and the first that has it wins:
//
//  1. the flag on the command line: --listen :9000
//  2. the environment: EVENKEEL_LISTEN=:9000
//  3. the settings file, a flat YAML file: listen: ":9000"
//  4. the default
//
// Secrets have no flag (others can see a command line) and no place in the
// settings file (it is copied and committed): they come from the environment,
// or from a file that the environment names with the suffix _FILE, as
// container platforms mount them.
package settings

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/secret"
)

// Kind says how a setting may be given and shown.
type Kind int

// The kinds of setting.
const (
	Plain   Kind = iota
	Address      // may carry a password, which is masked when shown
	Private      // a secret: never from a flag or the settings file, never shown
)

// Spec describes one setting.
type Spec struct {
	Name    string // of the flag, and the key in the settings file
	Env     string // of the environment variable
	Default string
	Help    string // one line, without a full stop
	Kind    Kind
	Check   func(string) error // says in a sentence what is wrong with a value; may be nil
}

// Value is a setting as it was found.
type Value struct {
	Spec
	raw  secret.Value // whatever its kind: a list of settings must not print one by accident
	From string       // "flag --listen", "environment EVENKEEL_LISTEN", "evenkeel.yaml:3", "default"
}

// Set tells whether somebody gave the value, rather than the default.
func (v Value) Set() bool { return v.From != fromDefault }

// Shown is the value as people may see it.
func (v Value) Shown() string {
	switch v.Kind {
	case Private:
		return v.raw.String()
	case Address:
		return Redact(v.raw.Reveal())
	}
	return v.raw.Reveal()
}

const fromDefault = "default"

// Values are all settings of one run.
type Values struct{ byName map[string]Value }

// Get is the value of a plain or address setting. A name that is not in the
// table is a mistake of the programmer and panics.
func (v Values) Get(name string) string {
	x := v.find(name)
	if x.Kind == Private {
		panic("settings: " + name + " is a secret")
	}
	return x.raw.Reveal()
}

// Secret is the value of a private setting.
func (v Values) Secret(name string) secret.Value {
	x := v.find(name)
	if x.Kind != Private {
		panic("settings: " + name + " is no secret")
	}
	return x.raw
}

// Where is the setting with its origin.
func (v Values) Where(name string) Value { return v.find(name) }

func (v Values) find(name string) Value {
	x, ok := v.byName[name]
	if !ok {
		panic("settings: no setting is called " + name)
	}
	return x
}

// All lists the settings by name.
func (v Values) All() []Value {
	all := make([]Value, 0, len(v.byName))
	for _, x := range v.byName {
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b Value) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Places is where values are looked for.
type Places struct {
	Flag func(name string) (string, bool) // given on the command line
	Env  func(name string) (string, bool) // as os.LookupEnv
	File File                             // the settings file, may be empty
}

// Find looks every setting up. All that is wrong is reported at once.
func Find(table []Spec, p Places) (Values, error) {
	found := Values{byName: make(map[string]Value, len(table))}
	var wrong []error
	for _, spec := range table {
		v, err := find(spec, p)
		if err == nil && spec.Check != nil && v.raw.IsSet() {
			if bad := spec.Check(v.raw.Reveal()); bad != nil {
				err = fmt.Errorf("%s (from %s): %w", spec.Name, v.From, bad)
			}
		}
		if err != nil {
			wrong = append(wrong, err)
		}
		found.byName[spec.Name] = v
	}
	wrong = append(wrong, p.File.unknown(table)...)
	return found, errors.Join(wrong...)
}

func find(spec Spec, p Places) (Value, error) {
	v := Value{Spec: spec, raw: secret.New(spec.Default), From: fromDefault}
	if e, ok := p.File.entries[spec.Name]; ok && spec.Kind == Private {
		return v, fmt.Errorf("%s:%d: %s is a secret and does not belong in a file that is copied around; "+
			"set %s, or name a file that holds only it in %s_FILE", p.File.path, e.line, spec.Name, spec.Env, spec.Env)
	}
	if spec.Kind != Private && p.Flag != nil {
		if s, ok := p.Flag(spec.Name); ok {
			v.raw, v.From = secret.New(s), "flag --"+spec.Name
			return v, nil
		}
	}
	if s, from, err := fromEnv(spec, p.Env); err != nil || from != "" {
		v.raw, v.From = secret.New(s), from
		return v, err
	}
	if e, ok := p.File.entries[spec.Name]; ok {
		v.raw, v.From = secret.New(e.value), fmt.Sprintf("%s:%d", p.File.path, e.line)
	}
	return v, nil
}

// fromEnv reads NAME, or the file that NAME_FILE points to. from is "" when
// neither is set; an empty variable counts as not set, so that a compose file
// can pass on what may be missing.
func fromEnv(spec Spec, env func(string) (string, bool)) (value, from string, err error) {
	if env == nil || spec.Env == "" {
		return "", "", nil
	}
	s, _ := env(spec.Env)
	if spec.Kind == Plain {
		if s == "" {
			return "", "", nil
		}
		return s, "environment " + spec.Env, nil
	}
	path, _ := env(spec.Env + "_FILE")
	switch {
	case s != "" && path != "":
		return "", "", fmt.Errorf("both %s and %s_FILE are set; leave one of them out", spec.Env, spec.Env)
	case s != "":
		return s, "environment " + spec.Env, nil
	case path == "":
		return "", "", nil
	}
	s, err = readSecretFile(path)
	if err != nil {
		return "", "", fmt.Errorf("%s_FILE: %w", spec.Env, err)
	}
	return s, "file named by " + spec.Env + "_FILE", nil
}

// maxSecret bounds a secret's file: keys and passwords are short, and a path
// given by mistake may lead to anything.
const maxSecret = 64 << 10

// readSecretFile reads a secret and drops the line end that editors add.
func readSecretFile(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case info.IsDir() || info.Size() > maxSecret:
		return "", fmt.Errorf("%s is not a small file with one secret", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	s := strings.TrimRight(string(b), "\r\n")
	if s == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return s, nil
}
