// Threads for the kernels. Work is cut into pieces of fixed size, whatever the number of threads, so that a sum over
// pieces has the same bits everywhere.
#pragma once
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cambium {

class Pool {
 public:
  static Pool& shared() {
    // Never destroyed: its threads end with the process.
    static Pool* pool = new Pool();
    return *pool;
  }

  /// Calls `work(i)` for every i below `pieces`, on all threads.
  void run(int64_t pieces, const std::function<void(int64_t)>& work) {
    if (pieces <= 1 || helpers_.empty()) {
      for (int64_t i = 0; i < pieces; i++) work(i);
      return;
    }
    std::lock_guard<std::mutex> one(entry_);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = &work;
      pieces_ = pieces;
      next_.store(0);
      open_ = true;
      round_.fetch_add(1);
    }
    wake_.notify_all();
    take();
    // A thread that has not begun by now need not: only those at work are waited for.
    {
      std::lock_guard<std::mutex> lock(mutex_);
      open_ = false;
    }
    while (active_.load(std::memory_order_acquire) > 0) pause();
  }

 private:
  Pool() {
    cpu_set_t set;
    CPU_ZERO(&set);
    const int cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    for (int i = 1; i < std::max(1, cores); i++) helpers_.emplace_back([this] { help(); }).detach();
  }

  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
    std::this_thread::yield();
  }

  void take() {
    for (int64_t i = next_.fetch_add(1); i < pieces_; i = next_.fetch_add(1)) (*work_)(i);
  }

  void help() {
    int64_t seen = 0;
    for (;;) {
      // Kernels follow each other closely: a sleeping thread wakes too late for most of them.
      for (int spin = 0; spin < 2000 && round_.load(std::memory_order_acquire) == seen; spin++) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
      }
      if (round_.load(std::memory_order_acquire) == seen) {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return round_.load() != seen; });
      }
      {
        std::lock_guard<std::mutex> lock(mutex_);
        seen = round_.load();
        if (!open_) continue;
        active_.fetch_add(1);
      }
      take();
      active_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::vector<std::thread> helpers_;
  std::mutex entry_, mutex_;
  std::condition_variable wake_;
  std::atomic<int64_t> round_{0}, next_{0};
  std::atomic<int> active_{0};
  bool open_ = false;
  int64_t pieces_ = 0;
  const std::function<void(int64_t)>* work_ = nullptr;
};

/// Calls `work(from, to)` for pieces of [0, n) of `grain` each.
inline void parallel(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& work) {
  if (n == 0) return;
  Pool::shared().run((n + grain - 1) / grain,
                     [&](int64_t i) { work(i * grain, std::min(n, (i + 1) * grain)); });
}

/// Rows of `width` elements in a piece: some ten thousand elements, which take several microseconds.
inline int64_t rowGrain(int64_t width) { return std::max<int64_t>(1, 16384 / std::max<int64_t>(1, width)); }

}  // namespace cambium
