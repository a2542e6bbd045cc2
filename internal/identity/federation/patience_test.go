package federation_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

func TestRetry(t *testing.T) {
	delay, wrong := errors.New("not known yet"), errors.New("wrong")
	for _, test := range []struct {
		name string
		// answers are those of the tries; the last one stays.
		answers []error
		tries   int
		said    int
		took    time.Duration
		want    error
	}{
		{"good_at_once", []error{nil}, 1, 0, 0, nil},
		{"good_after_a_while", []error{delay, delay, nil}, 3, 1, 20 * time.Second, nil},
		{"wrong_is_no_delay", []error{wrong}, 1, 0, 0, wrong},
		{"wrong_after_a_delay", []error{delay, wrong}, 2, 1, 10 * time.Second, wrong},
		{"never_good", []error{delay}, 7, 1, time.Minute, delay},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries, said, start := 0, 0, time.Now()
				job := federation.Job{Patience: federation.DefaultPatience(), Say: func(string, ...any) { said++ }}
				err := job.Retry(t.Context(), "Not yet", func(err error) bool { return errors.Is(err, delay) },
					func(context.Context) error {
						tries++
						return test.answers[min(tries, len(test.answers))-1]
					})
				if !errors.Is(err, test.want) || tries != test.tries || said != test.said || time.Since(start) != test.took {
					t.Errorf("%v after %d tries, %d words and %s", err, tries, said, time.Since(start))
				}
			})
		})
	}
}
