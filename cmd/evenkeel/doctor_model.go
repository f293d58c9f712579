package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/review/playbook"
)

// maxModels bounds the answer of a model endpoint.
const maxModels = 4 << 20

// modelCheck asks the model endpoint for its list, which costs nothing.
func (e *examination) modelCheck(ctx context.Context) {
	address, model := e.values.Get(setModelURL), e.values.Get(setModel)
	switch {
	case address == "" && (model != "" || e.values.Secret(setModelKey).IsSet()):
		e.add("model", attention, "set EVENKEEL_MODEL_URL to the endpoint's base URL", "a model or key is set, but no endpoint; the offline drafter writes")
		return
	case address == "":
		e.add("model", remark, "set EVENKEEL_MODEL_URL, EVENKEEL_MODEL and EVENKEEL_MODEL_KEY to let a model write", "none; the offline drafter writes")
		return
	case model == "":
		e.add("model", attention, "set EVENKEEL_MODEL", "an endpoint is set, but no model is named")
		return
	}
	models, err := e.listModels(ctx, address)
	var status *statusError
	switch {
	case errors.As(err, &status) && (status.code == http.StatusUnauthorized || status.code == http.StatusForbidden):
		e.add("model", attention, "renew EVENKEEL_MODEL_KEY", "%s does not accept the key", address)
	case errors.As(err, &status):
		e.add("model", remark, "", "%s answers, but does not list its models (%d)", address, status.code)
	case err != nil:
		e.add("model", attention, "see that EVENKEEL_MODEL_URL is right and that it can be reached", "%s: %v", address, err)
	case len(models) > 0 && !slices.Contains(models, model):
		e.add("model", attention, "choose one of its models with EVENKEEL_MODEL", "%s has no model %q", address, model)
	default:
		e.add("model", well, "", "%s answers and has %s", address, model)
	}
}

// costCheck looks whether a limit in money can be kept.
func (e *examination) costCheck(rules *playbook.Playbook) {
	if rules.Drafting().CostPerDay == 0 || e.values.Get(setModelURL) == "" {
		return
	}
	if price(e.values.Get(setPromptPrice)) == 0 && price(e.values.Get(setAnswerPrice)) == 0 {
		e.add("model", attention, "set EVENKEEL_MODEL_PROMPT_PRICE and EVENKEEL_MODEL_ANSWER_PRICE", "the playbook limits what drafting may cost, and the model's prices are not known")
	}
}

// statusError is an answer that is not 200.
type statusError struct{ code int }

func (e *statusError) Error() string { return fmt.Sprintf("it answered %d", e.code) }

// listModels asks for the names of the models
// (https://platform.openai.com/docs/api-reference/models/list).
func (e *examination) listModels(ctx context.Context, address string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(address, "/")+"/models", nil)
	if err != nil {
		return nil, err
	}
	if key := e.values.Secret(setModelKey); key.IsSet() {
		req.Header.Set("Authorization", "Bearer "+key.Reveal())
	}
	// A redirect would carry the key to another host.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, &statusError{resp.StatusCode}
	}
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxModels)).Decode(&list); err != nil {
		return nil, fmt.Errorf("its list of models cannot be read: %w", err)
	}
	names := make([]string, 0, len(list.Data))
	for _, m := range list.Data {
		names = append(names, m.ID)
	}
	return names, nil
}
