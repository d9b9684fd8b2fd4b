// tandem6-import: takes the leases of a Kea server that keeps them in a memfile, and gives them back.
#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "control/config/configuration.h"
#include "tools/tandem6-import/take_leases.h"

namespace {

using namespace tandem6;
using namespace tandem6::import;

// Exit statuses.
constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kRowsRefused = 3;

constexpr const char* kFooter =
    R"(FILE is kea-leases6.csv; FILE.completed, or FILE.2 and FILE.1, are read before it when they are there, as Kea does.
Give --config to have the leases compared with the pools, and the database found where the configuration says.
Leases are added and brought up to date, never deleted; importing twice is the same as once. A lease that the
database has in a later state is left as it is. Neither Kea nor tandem6d may be running.
Exit status: 0 done, 1 it failed and nothing or not all was written, 2 wrong usage, 3 done but for the rows refused.)";

struct Options {
  std::string file;
  std::string configuration;
  std::string database;
  std::string export_to;
  bool dry_run = false;
};

int failed(const std::string& text) {
  fmt::print(stderr, "tandem6-import: {}\n", text);
  return kFailed;
}

AbsoluteTime now() { return AbsoluteTime::from_unix(std::time(nullptr)); }

/// The configuration of --config, checked; an empty one without.
tl::expected<std::optional<control::Configuration>, Error> configuration_of(const Options& options) {
  if (options.configuration.empty()) return std::nullopt;
  control::ConfigResult read = control::load_configuration(options.configuration);
  if (read.configuration) return std::move(read.configuration);
  std::string text = "the configuration has errors; tandem6d --check shows all of them";
  for (const control::Remark& remark : read.remarks)
    if (remark.is_error) return tl::unexpected(Error{remark.to_string(options.configuration) + "; " + text});
  return tl::unexpected(Error{text});
}

std::string database_of(const Options& options, const std::optional<control::Configuration>& configuration) {
  if (!options.database.empty()) return options.database;
  return configuration ? configuration->storage.path : control::StorageConfig{}.path;
}

/// RocksDB's name for the file that every database has.
bool is_database(const std::string& path) {
  struct stat status;
  return ::stat((path + "/CURRENT").c_str(), &status) == 0;
}

void print_summary(const ReadFiles& read, const Taken& taken, bool dry_run, double seconds) {
  const auto line = [](uint64_t count, const char* text, bool always = false) {
    if (count != 0 || always) fmt::print("{:>12}  {}\n", count, text);
  };
  line(read.rows, "rows read", true);
  line(read.refused, "rows refused", true);
  line(read.leases.size(), "addresses and prefixes that they speak of", true);
  line(taken.addresses, dry_run ? "address leases would be written" : "address leases written", true);
  line(taken.prefixes, dry_run ? "prefix leases would be written" : "prefix leases written", true);
  line(taken.declined, dry_run ? "declined addresses would be written" : "declined addresses written");
  line(taken.same, "were in the database already");
  line(taken.newer, "have a later state in the database, which was kept");
  line(taken.ended, "are over, given up or reclaimed: not taken");
  line(taken.registered, "are registered addresses (RFC 9686): not taken");
  line(taken.names, dry_run ? "hostnames of clients would be kept" : "hostnames of clients are kept");
  line(taken.hostnames, "hostnames were not taken: no domain names, or no client's");
  line(taken.contexts, "user contexts were not taken");
  line(taken.hwaddrs, "hardware addresses were not taken: they are in most DUIDs, and messages bring them");
  fmt::print("{:>12.1f}  seconds\n", seconds);
}

tl::expected<Taken, Error> take(const ReadFiles& read, const std::string& database, bool dry_run) {
  Writes write;
  // A dry run makes no database.
  if (dry_run && !is_database(database)) return decide(read.leases, {}, now(), write);
  auto store = storage::Store::open(database);
  if (!store) return tl::unexpected(store.error());
  const auto present = leases_in(**store);
  if (!present) return tl::unexpected(present.error());
  const Taken taken = decide(read.leases, *present, now(), write);
  if (dry_run) return taken;
  if (auto written = write_all(**store, write); !written) return tl::unexpected(written.error());
  return taken;
}

int import_leases(const Options& options, const std::optional<control::Configuration>& configuration) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<std::string> files = files_of(options.file);
  if (files.empty()) return failed(fmt::format("{}: there is no such file", options.file));
  const auto read = read_files(
      files, [](const RefusedRow& row) { fmt::print(stderr, "{}:{}: refused: {}\n", row.file, row.line, row.reason); });
  if (!read) return failed(read.error().message);
  for (const std::string& file : files) fmt::print("{}\n", file);
  const auto taken = take(*read, database_of(options, configuration), options.dry_run);
  if (!taken) return failed(taken.error().message);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  print_summary(*read, *taken, options.dry_run, took.count());
  if (configuration)
    for (const std::string& line : misfits(read->leases, *configuration, now())) fmt::print("warning: {}\n", line);
  return read->refused == 0 ? 0 : kRowsRefused;
}

int export_to_file(const Options& options, const std::optional<control::Configuration>& configuration) {
  const std::string database = database_of(options, configuration);
  if (!is_database(database)) return failed(fmt::format("{}: there is no database", database));
  auto store = storage::Store::open(database);
  if (!store) return failed(store.error().message);
  std::ofstream out(options.export_to, std::ios::binary | std::ios::trunc);
  if (!out) return failed(fmt::format("cannot write '{}'", options.export_to));
  const auto count = export_leases(**store, now(), out);
  if (!count) return failed(count.error().message);
  fmt::print("{:>12}  leases written to {}\n", *count, options.export_to);
  return 0;
}

int run(const Options& options) {
  const auto configuration = configuration_of(options);
  if (!configuration) return failed(configuration.error().message);
  return options.export_to.empty() ? import_leases(options, *configuration) : export_to_file(options, *configuration);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Takes the leases of Kea's memfile into a database of tandem6, or gives them back", "tandem6-import");
  Options options;
  auto* file = app.add_option("FILE", options.file, "Kea's lease file, kea-leases6.csv");
  app.add_option("-c,--config", options.configuration, "tandem6's configuration file");
  app.add_option("-d,--database", options.database, "The database's directory, instead of the configuration's");
  app.add_flag("-n,--dry-run", options.dry_run, "Read and compare everything, write nothing");
  auto* back = app.add_option("--export", options.export_to, "Write the leases in the database as a lease file of Kea");
  file->excludes(back);
  app.set_version_flag("-v,--version", std::string("tandem6-import ") + TANDEM6_VERSION);
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (options.file.empty() == options.export_to.empty()) {
    fmt::print(stderr, "tandem6-import: give a FILE to import, or --export FILE\n");
    return kUsage;
  }
  return run(options);
}
