// replay DIR: feeds every file of a corpus to a fuzz target once, so that each input that
// once broke a parser is tried in every build, without libFuzzer. An empty corpus fails: it
// would show nothing.

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// In a block of exactly its size, so that a sanitizer sees a read beyond it.
static int feed_file(const char *path)
{
    FILE *stream = fopen(path, "rb");
    long size;
    uint8_t *data;

    if (!stream || fseek(stream, 0, SEEK_END) || (size = ftell(stream)) < 0) {
        perror(path);
        exit(1);
    }
    rewind(stream);
    data = malloc((size_t)size ? (size_t)size : 1);
    if (!data || fread(data, 1, (size_t)size, stream) != (size_t)size) {
        perror(path);
        exit(1);
    }
    fclose(stream);
    fprintf(stderr, "%s\n", path); // the last line before an abort names the culprit
    LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    return 1;
}

int main(int argc, char **argv)
{
    DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
    const struct dirent *entry;
    int fed = 0;

    if (!directory) {
        perror(argc == 2 ? argv[1] : "replay DIR");
        return 1;
    }
    while ((entry = readdir(directory))) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        fed += feed_file(path);
    }
    closedir(directory);
    printf("%d inputs\n", fed);
    return fed == 0;
}
