package github

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// refuse answers as the REST API does.
func refuse(w http.ResponseWriter, status int, message string, problems ...map[string]string) {
	body := map[string]any{"message": message, "documentation_url": "https://docs.github.com/rest", "status": itoa(status)}
	if len(problems) > 0 {
		body["errors"] = problems
	}
	reply(w, status, body)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func itoa(n int) string { return strconv.Itoa(n) }
