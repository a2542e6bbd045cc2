package buildkit

import (
	"context"
	"fmt"
	"time"

	"github.com/moby/buildkit/session"
	sessioncontent "github.com/moby/buildkit/session/content"
	"github.com/moby/buildkit/session/filesync"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// line is the session over which a daemon asks for files, credentials and secrets while it builds. It stays open until
// it is closed, beyond any one build.
type line struct {
	*session.Session
	// cut ends it without asking the daemon.
	cut context.CancelFunc
}

func openSession(dial session.Dialer, auth session.Attachable, d build.Dockerfile) (line, error) {
	attachables, err := attachables(auth, d)
	if err != nil {
		return line{}, err
	}
	s, err := session.NewSession(context.Background(), "")
	if err != nil {
		return line{}, err
	}
	for _, a := range attachables {
		s.Allow(a)
	}
	ctx, cut := context.WithCancel(context.Background())
	// A session that breaks fails the builds that need it; its own error says less than theirs.
	go func() { _ = s.Run(ctx, dial) }()
	return line{s, cut}, nil
}

// close waits for the daemon to end the session too, but not longer than patience for one that no longer answers.
func (l line) close(patience time.Duration) error {
	defer time.AfterFunc(patience, l.cut).Stop()
	return l.Close()
}

// sessionKey is the same for images that can share a session. BuildKit calls every context "context", so images of
// different folders can't; images of one folder then send it once.
func sessionKey(d build.Dockerfile) string {
	return fmt.Sprintf("%q %q %q %q %q %q", d.ContextFolder(), d.FileFolder(), d.Secrets, d.SSH, folders(d.CacheFrom,
		"src"), folders(d.CacheTo, "dest"))
}

func attachables(auth session.Attachable, d build.Dockerfile) ([]session.Attachable, error) {
	list := []session.Attachable{auth, secretsprovider.FromMap(secretBytes(d.Secrets))}
	if !d.IsRemote() {
		folders, err := localFolders(d)
		if err != nil {
			return nil, err
		}
		list = append(list, filesync.NewFSSyncProvider(folders))
	}
	stores, err := stores(d)
	if err != nil {
		return nil, err
	}
	if len(stores) > 0 {
		list = append(list, sessioncontent.NewAttachable(stores))
	}
	if len(d.SSH) > 0 {
		agents, err := agents(d.SSH)
		if err != nil {
			return nil, err
		}
		list = append(list, agents)
	}
	return list, nil
}

func localFolders(d build.Dockerfile) (filesync.StaticDirSource, error) {
	source := filesync.StaticDirSource{}
	for name, folder := range map[string]string{"context": d.ContextFolder(), "dockerfile": d.FileFolder()} {
		files, err := fsutil.NewFS(folder)
		if err != nil {
			return nil, fmt.Errorf("reading folder %q: %w", folder, err)
		}
		// Owners here mean nothing in the image, and would change the digest from machine to machine.
		files, err = fsutil.NewFilterFS(files, &fsutil.FilterOpt{Map: func(_ string, stat *fstypes.Stat) fsutil.MapResult {
			stat.Uid, stat.Gid = 0, 0
			return fsutil.MapResultKeep
		}})
		if err != nil {
			return nil, fmt.Errorf("reading folder %q: %w", folder, err)
		}
		source[name] = files
	}
	return source, nil
}

func secretBytes(secrets map[string]string) map[string][]byte {
	values := map[string][]byte{}
	for id, value := range secrets {
		values[id] = []byte(value)
	}
	return values
}

func agents(ssh map[string][]string) (session.Attachable, error) {
	var configs []sshprovider.AgentConfig
	for id, paths := range ssh {
		configs = append(configs, sshprovider.AgentConfig{ID: id, Paths: paths})
	}
	agents, err := sshprovider.NewSSHAgentProvider(configs)
	if err != nil {
		return nil, fmt.Errorf("opening what the ssh input names: %w", err)
	}
	return agents, nil
}
