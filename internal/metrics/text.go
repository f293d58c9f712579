package metrics

import (
	"strconv"
	"strings"
)

// Text is families as Prometheus reads them. A family without samples is left
// out: it would say nothing.
func Text(families []Family) string {
	var b strings.Builder
	for _, f := range families {
		if len(f.Samples) == 0 {
			continue
		}
		b.WriteString("# HELP " + f.Name + " " + helpEscapes.Replace(f.Help) + "\n")
		b.WriteString("# TYPE " + f.Name + " " + string(f.Kind) + "\n")
		for _, s := range f.Samples {
			b.WriteString(f.Name + s.Suffix)
			writeLabels(&b, f.Labels, s)
			b.WriteString(" " + number(s.Value) + "\n")
		}
	}
	return b.String()
}

var (
	helpEscapes  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func writeLabels(b *strings.Builder, names []string, s Sample) {
	if len(names) == 0 && s.Le == "" {
		return
	}
	sep := "{"
	write := func(name, value string) {
		b.WriteString(sep + name + `="` + labelEscapes.Replace(strings.ToValidUTF8(value, "\uFFFD")) + `"`)
		sep = ","
	}
	for i, name := range names {
		if i < len(s.Values) {
			write(name, s.Values[i])
		}
	}
	if s.Le != "" {
		write("le", s.Le)
	}
	if sep == "," {
		b.WriteString("}")
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
