package bot_test

import (
	"reflect"
	"testing"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
)

// Whatever is changed on a card changes its hash: a field that somebody adds
// and forgets here would leave old words standing in the chats.
func TestHashCoversTheWholeCard(t *testing.T) {
	var card bot.Card
	seen := map[review.Digest]string{card.Hash(): "an empty card"}
	look := func(what string) {
		h := card.Hash()
		if before, ok := seen[h]; ok {
			t.Errorf("%s and %s have one hash", what, before)
		}
		seen[h] = what
	}
	var walk func(v reflect.Value, path string)
	walk = func(v reflect.Value, path string) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i), path+"."+v.Type().Field(i).Name)
			}
			return
		case reflect.Slice:
			for n := range 2 {
				v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
				look(path + " grown")
				walk(v.Index(n), path+"[]")
			}
			return
		case reflect.String:
			v.SetString("x")
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Int, reflect.Int64:
			v.SetInt(7)
		default:
			t.Fatalf("%s is of a kind that the hash does not know: %s", path, v.Kind())
		}
		look(path)
	}
	walk(reflect.ValueOf(&card).Elem(), "card")
}
