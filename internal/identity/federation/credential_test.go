package federation_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

// bank mints token-1, token-2 and so on, each of which takes a second to mint and lives for a while.
type bank struct {
	life   time.Duration
	minted atomic.Int32
	broken atomic.Bool
}

func (b *bank) mint(ctx context.Context) (federation.Token, error) {
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return federation.Token{}, ctx.Err()
	}
	if b.broken.Load() {
		return federation.Token{}, errors.New("the bank is closed")
	}
	return federation.Token{Value: fmt.Sprint("token-", b.minted.Add(1)), Expires: time.Now().Add(b.life)}, nil
}

func TestCredential_renews_before_the_end(t *testing.T) {
	for _, test := range []struct {
		name           string
		life           time.Duration
		stillOld, then time.Duration
	}{
		{"long_life_renewed_five_minutes_before", time.Hour, 54 * time.Minute, 2 * time.Minute},
		{"short_life_renewed_when_a_quarter_is_left", 8 * time.Second, 5 * time.Second, 2 * time.Second},
		{"by_a_fast_clock_it_never_lived", -time.Hour, 40 * time.Second, 10 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				credential := federation.NewCredential((&bank{life: test.life}).mint)
				want(t, credential, "token-1")
				time.Sleep(test.stillOld)
				want(t, credential, "token-1")
				time.Sleep(test.then)
				want(t, credential, "token-2")
			})
		})
	}
}

func TestCredential_side_by_side_callers_share_a_renewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := &bank{life: time.Minute}
		credential := federation.NewCredential(bank.mint)
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() { want(t, credential, "token-1") })
		}
		callers.Wait()
		for range 50 {
			callers.Go(func() {
				if token, err := credential.Renew(t.Context(), "token-1"); token != "token-2" || err != nil {
					t.Errorf("%q, %v", token, err)
				}
			})
		}
		callers.Wait()
		// Who comes late with the same complaint gets what is there.
		if token, err := credential.Renew(t.Context(), "token-1"); token != "token-2" || err != nil {
			t.Errorf("%q, %v", token, err)
		}
		if bank.minted.Load() != 2 {
			t.Errorf("%d tokens were minted", bank.minted.Load())
		}
	})
}

func TestCredential_a_failed_renewal_matters_only_at_the_end(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := &bank{life: time.Minute}
		credential := federation.NewCredential(bank.mint)
		want(t, credential, "token-1")
		bank.broken.Store(true)
		time.Sleep(50 * time.Second)
		want(t, credential, "token-1")
		time.Sleep(10 * time.Second)
		if token, err := credential.Token(t.Context()); err == nil {
			t.Errorf("a token that has ended: %q", token)
		}
		bank.broken.Store(false)
		want(t, credential, "token-2")
	})
}

func TestCredential_a_caller_who_leaves_ends_no_renewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		credential := federation.NewCredential((&bank{life: time.Minute}).mint)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		go func() { want(t, credential, "token-1") }()
		if _, err := credential.Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		synctest.Wait()
		time.Sleep(2 * time.Second)
		want(t, credential, "token-1")
	})
}

func want(t *testing.T, credential *federation.Credential, token string) {
	t.Helper()
	if got, err := credential.Token(t.Context()); got != token || err != nil {
		t.Errorf("%q, %v; want %q", got, err, token)
	}
}
